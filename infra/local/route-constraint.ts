export type Constraint = (value: string) => boolean;

const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;
const GUID = /^(?:[\da-f]{32}|\{[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i;

/** https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints */
const CONSTRAINTS: Record<string, (argument: string) => Constraint> = {
  int: () => isWithin(-(2n ** 31n), 2n ** 31n - 1n),
  long: () => isWithin(-(2n ** 63n), 2n ** 63n - 1n),
  bool: () => (value) => /^(?:true|false)$/i.test(value),
  decimal: () => (value) => NUMBER.test(value),
  double: () => (value) => NUMBER.test(value),
  float: () => (value) => NUMBER.test(value),
  datetime: () => (value) => !Number.isNaN(Date.parse(value)),
  guid: () => (value) => GUID.test(value),
  alpha: () => (value) => /^[a-z]*$/i.test(value),
  required: () => (value) => value !== '',
  length: (argument) => {
    const [least = 0, most = least] = numbers(argument);
    return (value) => value.length >= least && value.length <= most;
  },
  minlength: (argument) => (value) => value.length >= Number(argument),
  maxlength: (argument) => (value) => value.length <= Number(argument),
  min: (argument) => isWithin(BigInt(argument), 2n ** 63n - 1n),
  max: (argument) => isWithin(-(2n ** 63n), BigInt(argument)),
  range: (argument) => {
    const [least = 0, most = 0] = numbers(argument);
    return isWithin(BigInt(least), BigInt(most));
  },
  regex: (argument) => {
    const pattern = new RegExp(argument, 'i');
    return (value) => pattern.test(value);
  },
};

/** Throws an Error that names the route if there is no such constraint. */
export function constraint(name: string, argument: string | undefined, template: string): Constraint {
  const make = CONSTRAINTS[name.toLowerCase()];
  if (!make) throw new Error(`Route "${template}" has an unknown constraint "${name}"`);
  return make(argument ?? '');
}

function isWithin(least: bigint, most: bigint): Constraint {
  return (value) => {
    if (!/^[+-]?\d+$/.test(value)) return false;
    const number = BigInt(value.replace('+', ''));
    return number >= least && number <= most;
  };
}

function numbers(argument: string): number[] {
  return argument.split(',').map(Number);
}
