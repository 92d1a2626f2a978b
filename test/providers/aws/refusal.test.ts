import { expect, test } from 'vitest';
import { awsRefusal } from '../../../shared/providers/aws/refusal.ts';

test('a defect of ours is not told as an answer of AWS', () => {
  const defect = new TypeError('undefined is not a function');

  expect(awsRefusal(defect, 'sts:AssumeRole')).toBe(defect);
});
