/** Puts application settings in for `%NAME%`. Throws an Error that names the function and the setting that is missing. */
export function resolveBindingExpression(text: string, functionName: string): string {
  return text.replaceAll(/%([^%]+)%/g, (_whole, setting: string) => {
    const value = process.env[setting];
    if (value === undefined) throw new Error(`Function "${functionName}" needs the setting ${setting}, which is not there`);
    return value;
  });
}
