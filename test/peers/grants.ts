/** Accounts of a peer: a password alone may do everything, with grants only what they say. */
export type Users = Record<string, string | (Account & { password: string })>;

export interface Account {
  /** Actions by repository; absent: everything. */
  grants?: Record<string, string[]>;
}

export interface Access {
  type: string;
  name: string;
  actions: string[];
}

/** Whose login it is; undefined if it is wrong. */
export function signIn(users: Users, login: { username: string; password: string }): Account | undefined {
  if (!Object.hasOwn(users, login.username)) return undefined;
  const user = users[login.username];
  const account = typeof user === 'string' ? { password: user } : user;
  return account?.password === login.password ? account : undefined;
}

/** The part of the scopes that an account may have; `undefined` is anybody, who may have `anonymous` actions. */
export function granted(account: Account | undefined, scopes: string[], anonymous: string[] = []): Access[] {
  return scopes
    .map((scope) => {
      const [, type = '', name = '', actions = ''] = /^(\w+):(.+):([^:]+)$/.exec(scope) ?? [];
      const allowed = (action: string) =>
        account ? !account.grants || account.grants[name]?.includes(action) === true : anonymous.includes(action);
      return { type, name, actions: actions.split(',').filter(allowed) };
    })
    .filter(({ actions }) => actions.length > 0);
}
