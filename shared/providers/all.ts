import { generic } from './generic/provider.ts';
import { genericPassword } from './generic/password.ts';
import type { Method, Provider } from './provider.ts';

/** Every provider, in the order in which a portal shows them. */
export const providers: Provider[] = [generic];

/** Every method. */
export const methods: Method[] = [genericPassword];
