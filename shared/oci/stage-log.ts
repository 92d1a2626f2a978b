import { currentInvocation } from '../lib/invocation.ts';
import { redactText } from '../lib/redact.ts';
import { asRefusal } from './refusals.ts';
import { STAGES } from './stages.ts';
import type { Refusal, Stage, StageName } from './stages.ts';

/** The stages of one check from `dns` on, as they come. What is never reached counts as skipped. */
export class StageLog {
  readonly #entries = new Map<StageName, Stage>();

  add(stage: StageName, outcome: Stage['outcome'], rest: Omit<Stage, 'stage' | 'outcome'> = {}): void {
    this.#entries.set(stage, { stage, outcome, ...rest });
  }

  /** Runs a stage and notes how it went. Throws Refusal in place of an error of the network; others as they are. */
  async run<T>(stage: StageName, work: () => Promise<T> | T): Promise<T> {
    const start = performance.now();
    try {
      const result = await work();
      this.add(stage, 'ok', { milliseconds: Math.round(performance.now() - start) });
      return result;
    } catch (error) {
      const refusal = asRefusal(error);
      this.fail(stage, refusal, Math.round(performance.now() - start));
      throw refusal;
    }
  }

  fail(stage: StageName, { verdict, code, message, hint }: Refusal, milliseconds?: number): void {
    const isTimed = milliseconds !== undefined && verdict !== 'blocked_by_policy';
    this.add(stage, 'failed', { code, detail: message, hint, ...(isTimed && { milliseconds }) });
  }

  /** Marks a stage that went well as one that shows less than it should. */
  warn(stage: StageName, warning: { code: string; detail: string; hint: string }): void {
    this.#entries.set(stage, { ...this.#entries.get(stage), stage, outcome: 'warning', ...warning });
  }

  /** All stages in order, without `input`, which is the caller's. */
  finish(): Stage[] {
    return STAGES.filter((stage) => stage !== 'input').map((stage) =>
      withoutSecrets(this.#entries.get(stage) ?? { stage, outcome: 'skipped' }),
    );
  }
}

/** A detail may quote the registry, such as the address of its token service, and a registry may repeat the login there. */
function withoutSecrets(stage: Stage): Stage {
  if (stage.detail === undefined) return stage;
  return { ...stage, detail: redactText(stage.detail, currentInvocation()?.secrets ?? []) };
}
