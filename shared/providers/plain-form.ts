import type { InferredMethod } from './provider.ts';

/**
 * A method, and how a form that knows only `username` and `password` is understood for it: each is renamed unless the form
 * knows the method's own field, too.
 */
export function plainForm(method: string, fields: Record<string, unknown>, names: Record<string, string>): InferredMethod {
  const rename = Object.entries(names).filter(([plain, own]) => plain in fields && !(own in fields));
  return { method, rename: Object.fromEntries(rename) };
}
