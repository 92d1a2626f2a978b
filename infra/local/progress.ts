/** Characters of the bar itself. */
const WIDTH = 30;

/** Where nobody watches, a line for each of so many parts of the whole. */
const PARTS = 10;

/** How far something is, drawn as it goes: a bar that renews itself on a terminal, a line for each tenth elsewhere. */
export interface Progress {
  show: (done: number, failed: number) => void;
  /** Leaves what is there, and begins a new line. */
  end: () => void;
}

export function progress(out: NodeJS.WriteStream, total: number): Progress {
  let shown = 0;
  return {
    show: (done, failed) => {
      const line = lineOf({ done, total, failed });
      if (out.isTTY) {
        out.write(`\r${drawBar(done / total)} ${line}`);
        return;
      }
      const part = Math.floor((done * PARTS) / total);
      if (part > shown) out.write(`${line}\n`);
      shown = part;
    },
    end: () => void (out.isTTY && out.write('\n')),
  };
}

function drawBar(share: number): string {
  const full = Math.floor(share * WIDTH);
  return `[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}]`;
}

function lineOf({ done, total, failed }: { done: number; total: number; failed: number }): string {
  const percent = Math.floor((done * 100) / total);
  return `${String(percent).padStart(3)} % ${done} of ${total}${failed > 0 ? `, ${failed} not moved` : ''}`;
}
