/** Which contract a suite holds an implementation to. */
interface Contract {
  /** Such as `SecretStore`. */
  port: string;
  implementation: string;
}

declare module 'vitest' {
  interface TaskMeta {
    contract?: Contract;
    /** What the implementation is not, or does not have, so that the case did not run. */
    missingTrait?: string;
  }
}

/**
 * The options of a `describe` or `test` for implementations with this trait alone: skipped on others, and the table of
 * contracts says why.
 */
export function onlyIf<Trait extends string>(
  traits: Record<Trait, boolean>,
  trait: Trait,
): { skip: boolean; meta: { missingTrait?: string } } {
  return traits[trait] ? { skip: false, meta: {} } : { skip: true, meta: { missingTrait: trait } };
}
