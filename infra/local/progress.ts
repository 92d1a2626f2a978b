/** Characters of the bar itself. */
const WIDTH = 30;

/** Where nobody watches, a line for each of so many parts of the whole. */
const PARTS = 10;

/** How far something is, drawn as it goes: a bar that renews itself on a terminal, a line for each tenth elsewhere. */
export interface Progress {
  show: (done: number, failed: number) => void;
  /** Leaves what was drawn, and goes to a new line. */
  end: () => void;
}

export function progress(out: NodeJS.WriteStream, total: number): Progress {
  return out.isTTY ? bar(out, total) : lines(out, total);
}

function bar(out: NodeJS.WriteStream, total: number): Progress {
  let isDrawn = false;
  return {
    show: (done, failed) => {
      const full = Math.floor((done / total) * WIDTH);
      out.write(`\r[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}] ${describe(done, total, failed)}`);
      isDrawn = true;
    },
    end: () => void (isDrawn && out.write('\n')),
  };
}

function lines(out: NodeJS.WriteStream, total: number): Progress {
  let parts = 0;
  return {
    show: (done, failed) => {
      const now = Math.floor((done * PARTS) / total);
      if (now > parts) out.write(`${describe(done, total, failed)}\n`);
      parts = now;
    },
    end: () => {},
  };
}

function describe(done: number, total: number, failed: number): string {
  const percent = Math.floor((done * 100) / total);
  return `${String(percent).padStart(3)} % ${done} of ${total}${failed > 0 ? `, ${failed} not moved` : ''}`;
}
