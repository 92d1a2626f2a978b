import type { LoadedFunction } from './functions.ts';
import { parseRouteTemplate, type RouteMatcher, type RouteParams } from './route-template.ts';

export interface Route {
  fn: LoadedFunction;
  methods: Set<string>;
  match: RouteMatcher;
}

/**
 * The routes in the order in which the platform tries them: by the functions' names, not by how specific they are. A
 * route that is more specific than another one needs an earlier name, here as there.
 *
 * https://github.com/Azure/azure-functions-host/issues/9876
 */
export function createRoutes(functions: LoadedFunction[], prefix: string): Route[] {
  return functions.filter(({ trigger }) => trigger.type === 'httpTrigger').map((fn) => toRoute(fn, prefix));
}

/** The first route that takes the path and the method. To the platform a wrong method is a wrong route: 404, never 405. */
export function findRoute(
  routes: Route[],
  method: string,
  pathname: string,
): { fn: LoadedFunction; params: RouteParams } | undefined {
  const segments = pathname.replace(/^\//, '').replace(/\/$/, '').split('/');
  for (const { fn, methods, match } of routes) {
    const params = methods.has(method) ? match(segments) : undefined;
    if (params) return { fn, params };
  }
  return undefined;
}

function toRoute(fn: LoadedFunction, prefix: string): Route {
  const { route, methods } = fn.trigger.settings as { route?: string; methods?: string[] };
  return {
    fn,
    methods: new Set(methods?.map((method) => method.toUpperCase())),
    match: parseRouteTemplate([prefix, route || fn.name].filter(Boolean).join('/')),
  };
}
