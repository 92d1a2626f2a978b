import { z } from 'zod';
import { commonForm } from '../domain/common-form.ts';
import { CheckRequest } from '../domain/check-credential.ts';
import { methods } from '../providers/all.ts';
import { formSchema } from '../providers/catalog.ts';

type JsonSchema = Record<string, unknown>;

interface ObjectSchema {
  properties: Record<string, JsonSchema>;
  required?: string[];
}

/** The body of a create request: the common fields beside those of one of the methods. */
export function createSchema(): JsonSchema {
  return { oneOf: methods.map((method) => together(method.provider, method.method, commonForm(), formSchema(method), true)) };
}

/** As create, but the name may be left out, and repositories may be asked about. */
export function checkSchema(): JsonSchema {
  const { properties, required = [] } = commonForm();
  const { properties: asked } = z.toJSONSchema(CheckRequest, { io: 'input' }) as unknown as ObjectSchema;
  const common = { properties: { ...properties, ...asked }, required: required.filter((name) => name !== 'name') };
  return { oneOf: methods.map((method) => together(method.provider, method.method, common, formSchema(method), true)) };
}

/** Any of the fields of create; null removes one. */
export function patchSchema(): JsonSchema {
  return { anyOf: methods.map((method) => together(method.provider, method.method, commonForm(), formSchema(method), false)) };
}

function together(provider: string, method: string, common: ObjectSchema, form: ObjectSchema, requireAll: boolean): JsonSchema {
  const choice = { provider: { const: provider }, method: { const: method } };
  const required = [...(common.required ?? []), ...(form.required ?? [])];
  return {
    title: `${provider}/${method}`,
    type: 'object',
    properties: { ...common.properties, ...choice, ...form.properties },
    ...(requireAll && { required }),
    additionalProperties: false,
  };
}
