import type { SecretStoreName } from '../../shared/domain/policy.ts';

/** A secret as its store has it. */
export interface StoredSecret {
  store: SecretStoreName;
  name: string;
  /** Those that could be handed out if the secret is not removed. */
  versionsInUse: string[];
  /** It can be brought back. */
  isRemoved: boolean;
  /** The store ends by itself what was removed. */
  endsByItself: boolean;
}

/** What is in the stores, read past the service, which may be running. */
export interface StoreView {
  /** The rows of partitions and keys that begin so, by key. */
  rows(partitionPrefix: string, rowPrefix?: string): Promise<{ row: string; fields: unknown }[]>;
  /** Messages that are not done, whether somebody has received them or not. */
  messages(): Promise<string[]>;
  secrets(): Promise<StoredSecret[]>;
}

/** A set of stores for one service, empty at first. */
export interface Stage extends StoreView, AsyncDisposable {
  data: string;
  /** What leads a service to these stores. */
  environment: Record<string, string>;
  policy: { network?: { connectTo: Record<string, string>; ca: string } };
  /** The call that writes a version of a secret. */
  writesSecret: string;
  /** The call that sends a message to the workers. */
  sendsMessage: string;
  /** Ends what a store is slow to do: to one secret, or to all. */
  finish: (name?: string) => void;
}

export type OpenStage = () => Promise<Stage>;
