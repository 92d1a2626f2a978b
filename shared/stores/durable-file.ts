import { randomUUID } from 'node:crypto';
import { access, link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes `file` (0600) so that after a crash or a power cut there is all of it or nothing. The bytes are collected in
 * `scratch`, a folder of the same file system whose content may be thrown away at any start.
 */
export async function writeDurably(file: string, bytes: Uint8Array, scratch: string): Promise<void> {
  await rename(await writeScratch(bytes, scratch), file);
  await syncFolder(dirname(file));
}

/** As `writeDurably`, but throws EEXIST rather than replace a file. */
export async function createDurably(file: string, bytes: Uint8Array, scratch: string): Promise<void> {
  const temporary = await writeScratch(bytes, scratch);
  // A link, because a rename would silently replace what is there.
  await link(temporary, file);
  await unlink(temporary);
  await syncFolder(dirname(file));
}

/**
 * Makes an empty file (0600) for SQLite if it is not there. One that is there is not opened: closing it would drop the POSIX
 * locks of every connection that this process has to it, and another process could take its log away.
 */
export async function makePrivateFile(file: string): Promise<void> {
  try {
    await (await open(file, 'wx', 0o600)).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  await syncFolder(dirname(file));
}

/** Makes a folder (0700) with those above it, so that it outlives a power cut, whoever made it and whenever. */
export async function makeFolderDurably(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  // Also where it was there: a crash may have come between making and syncing.
  for (let made = path; ; made = dirname(made)) {
    await syncIfReadable(dirname(made));
    if (made === (first ?? path)) return;
  }
}

/** One above that may not be read cannot be synced, and was there before. */
async function syncIfReadable(folder: string): Promise<void> {
  try {
    await syncFolder(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
  }
}

/** Makes the names in a folder survive a power cut, as `fsync` of a file does for its bytes. */
export async function syncFolder(path: string): Promise<void> {
  // Windows neither needs nor allows it.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Answers undefined for a file that is not there. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Answers false if there is nothing to move. */
export async function moveIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

async function writeScratch(bytes: Uint8Array, scratch: string): Promise<string> {
  const path = join(scratch, randomUUID());
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  return path;
}
