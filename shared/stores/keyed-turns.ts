/** Runs what is asked for one key one after the other, and different keys side by side. */
export type InTurn = <T>(key: string, run: () => Promise<T>) => Promise<T>;

/** Turns within this process. A turn that fails does not stop those behind it. */
export function keyedTurns(): InTurn {
  const last = new Map<string, Promise<void>>();
  return (key, run) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(run);
    const ended = turn.then(ignore, ignore).finally(() => {
      if (last.get(key) === ended) last.delete(key);
    });
    last.set(key, ended);
    return turn;
  };
}

/** Whoever asked for the turn has its result; those behind it only wait for its end. */
function ignore(): void {}
