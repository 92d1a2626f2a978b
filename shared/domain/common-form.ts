import { z } from 'zod';
import type { FormSchema } from '../providers/catalog.ts';
import { CommonInput } from './common-input.ts';

let form: FormSchema | undefined;

/** The JSON Schema of what every form has beside the fields of its method. */
export function commonForm(): FormSchema {
  form ??= z.toJSONSchema(CommonInput, { io: 'input', unrepresentable: 'any' }) as unknown as FormSchema;
  return form;
}
