import { inspect } from 'node:util';
import { noteSecret } from './invocation.ts';

const MASK = '[secret]';

/**
 * A value that must not be seen. It prints, serialises and inspects as a mask; `reveal()` is called only where the bytes
 * leave for the registry, the store or the caller that asked for a login, and tells the redactor of this invocation.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    noteSecret(value);
  }

  reveal(): string {
    noteSecret(this.#value);
    return this.#value;
  }

  /** Tells the redactor of this invocation, of a secret that an earlier one made. */
  note(): void {
    noteSecret(this.#value);
  }

  get length(): number {
    return this.#value.length;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
