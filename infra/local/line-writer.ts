/**
 * Writes lines to stdout, those of one turn of the event loop together: a system call for each line would cost a busy
 * service more than the line is worth. What is waiting when the process ends is written then.
 */
export function lineWriter(): (line: string) => void {
  let waiting: string[] = [];
  const flush = () => {
    if (waiting.length === 0) return;
    process.stdout.write(`${waiting.join('\n')}\n`);
    waiting = [];
  };
  process.on('exit', flush);
  return (line) => {
    if (waiting.push(line) === 1) setImmediate(flush);
  };
}
