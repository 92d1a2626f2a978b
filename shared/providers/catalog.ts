import { z } from 'zod';
import { methods, providers } from './all.ts';
import type { FieldMeta } from './fields.ts';
import type { Method, Provider } from './provider.ts';

/** The field of a form, as JSON Schema with what a portal needs beside it. */
export type FieldSchema = Partial<FieldMeta> & Record<string, unknown>;

export interface FormSchema {
  type: 'object';
  properties: Record<string, FieldSchema>;
  required?: string[];
}

const byKey = new Map(methods.map((method) => [`${method.provider}/${method.method}`, method]));
const forms = new Map<Method, FormSchema>();

/** The provider by id or by one of its other names, in any case; undefined if there is none. */
export function findProvider(name: string): Provider | undefined {
  const wanted = name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '-');
  return providers.find(({ id, aliases }) => id === wanted || aliases.includes(wanted));
}

/** The provider whose hosts include this one. */
export function recogniseProvider(host: string): Provider | undefined {
  return providers.find((provider) => provider.recognises(host));
}

export function findMethod(provider: string, method: string): Method | undefined {
  return byKey.get(`${provider}/${method}`);
}

export function methodsOf(provider: string): Method[] {
  return methods.filter((method) => method.provider === provider);
}

/** The JSON Schema of a method's form: settings and material together, as a create request takes them. */
export function formSchema(method: Method): FormSchema {
  const known = forms.get(method);
  if (known) return known;
  const form = z.toJSONSchema(z.strictObject({ ...method.settings.shape, ...method.material.shape }), {
    io: 'input',
  }) as unknown as FormSchema;
  forms.set(method, form);
  return form;
}

/** The settings that material is bound to: see `binding` in provider.ts. */
export function boundFields(method: Method): string[] {
  return Object.entries(formSchema(method).properties)
    .filter(([, field]) => field.binding)
    .map(([name]) => name);
}

export interface ProviderView {
  id: string;
  title: string;
  aliases: string[];
  logo: string;
  defaultMethod: string;
  methods: MethodView[];
}

export interface MethodView {
  method: string;
  title: string;
  description: string;
  form: FormSchema;
  /** The least rights to give upstream, by purpose. */
  privileges: Method['privileges'];
  capabilities: { login: boolean; minting: boolean; narrowing: boolean; expiry: boolean; rotation: boolean };
}

/** What a portal needs to draw every form without knowing a provider. */
export function catalogView(): ProviderView[] {
  return providers.map(providerView);
}

export function providerView(provider: Provider): ProviderView {
  const { id, title, aliases, defaultMethod } = provider;
  return { id, title, aliases, logo: id, defaultMethod, methods: methodsOf(id).map(methodView) };
}

function methodView(method: Method): MethodView {
  return {
    method: method.method,
    title: method.title,
    description: method.description,
    form: formSchema(method),
    privileges: method.privileges,
    capabilities: {
      login: method.login !== undefined,
      minting: method.mints,
      narrowing: method.narrowing,
      expiry: method.identify !== undefined && !method.tellsNoEnd,
      rotation: method.rotation !== undefined,
    },
  };
}
