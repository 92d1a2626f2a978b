/** An Azure storage account, and as whom it is used: by its key or SAS, or by the identity of the function app. */
export type StorageAccount =
  | { connectionString: string }
  /** Without a client id: the identity that Azure gave the app itself. */
  | { accountName: string; clientId?: string };
