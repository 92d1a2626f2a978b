/** Accounts of a peer: a password alone may do everything, with grants only what they say. */
export type Users = Record<string, string | Account>;

interface Account {
  password: string;
  /** Actions by repository. */
  grants: Record<string, string[]>;
}

export interface Access {
  type: string;
  name: string;
  actions: string[];
}

/** Whether the login is right. */
export function isLogin(users: Users, login: { username: string; password: string }): boolean {
  if (!Object.hasOwn(users, login.username)) return false;
  const account = users[login.username];
  return (typeof account === 'string' ? account : account?.password) === login.password;
}

/** The part of the scopes that a user may have; `undefined` is anybody, who may have `anonymous` actions. */
export function granted(users: Users, username: string | undefined, scopes: string[], anonymous: string[] = []): Access[] {
  const account = username === undefined ? undefined : users[username];
  return scopes
    .map((scope) => {
      const [, type = '', name = '', actions = ''] = /^(\w+):(.+):([^:]+)$/.exec(scope) ?? [];
      const allowed = (action: string) =>
        username === undefined
          ? anonymous.includes(action)
          : typeof account === 'string' || account?.grants[name]?.includes(action) === true;
      return { type, name, actions: actions.split(',').filter(allowed) };
    })
    .filter(({ actions }) => actions.length > 0);
}
