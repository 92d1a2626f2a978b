/** What the error of an AWS client says beside its message, which may quote the request. */
export interface AwsFailure {
  /** AWS's own, such as `AccessDenied`; of some errors the client appends `Exception`. */
  name: string;
  /** Undefined: it is no answer of the network. */
  status: number | undefined;
}

export function awsFailureOf(error: unknown): AwsFailure {
  const { name, $metadata, $response } = Object(error) as Record<string, unknown>;
  return {
    name: typeof name === 'string' ? name : '',
    status: numberOf($metadata, 'httpStatusCode') ?? numberOf($response, 'statusCode'),
  };
}

function numberOf(holder: unknown, member: string): number | undefined {
  const value = (Object(holder) as Record<string, unknown>)[member];
  return typeof value === 'number' ? value : undefined;
}
