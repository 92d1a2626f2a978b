/** Fills pages, so that kills fall into writes of several of them. */
export const PADDING = 'x'.repeat(3000);

/** The UUID of the n-th operation. */
export function operationOf(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}
