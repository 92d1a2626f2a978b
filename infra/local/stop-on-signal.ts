/** npm passes a Ctrl-C on to a process that the terminal has told already: within this time, two are one. */
const SAME_SIGNAL_MILLISECONDS = 500;

/** The first signal lets what runs end, in the way of `stop`; a second one does not wait for it. */
export function stopOnSignal(stop: () => void): void {
  let firstAt: number | undefined;
  const onSignal = () => {
    if (firstAt !== undefined) {
      if (performance.now() - firstAt > SAME_SIGNAL_MILLISECONDS) process.exit(130);
      return;
    }
    firstAt = performance.now();
    stop();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
}
