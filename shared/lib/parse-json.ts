/** What a text says that others wrote; undefined if it is no JSON. The engine's error quotes the text, so it ends here. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
