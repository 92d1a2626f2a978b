import { describe, expect, test } from 'vitest';
import { AddressError, parseRegistryAddress } from '../../../shared/oci/address.ts';
import { putAcrAddressRight, registryName } from '../../../shared/providers/acr/address.ts';
import { azureCloud } from '../../../shared/providers/acr/cloud.ts';
import { acr } from '../../../shared/providers/acr/provider.ts';
import { recogniseProvider } from '../../../shared/providers/catalog.ts';

const trusts = (host: string, realm: string) => acr.trustsRealm({ host, plainHttp: false }, new URL(realm), {});
const read = (text: string) => putAcrAddressRight(parseRegistryAddress(text));

describe('the address of an Azure container registry', () => {
  test.for([
    ['contoso.azurecr.io', 'contoso.azurecr.io'],
    ['https://Contoso.azurecr.io/v2/', 'contoso.azurecr.io'],
    ['contoso.azurecr.io:443', 'contoso.azurecr.io'],
    ['contoso-a1b2c3d4e5f6g7h8.azurecr.io', 'contoso-a1b2c3d4e5f6g7h8.azurecr.io'],
    ['contoso.westeurope.geo.azurecr.io', 'contoso.westeurope.geo.azurecr.io'],
    ['contoso-a1b2c3d4.westeurope.geo.azurecr.io', 'contoso-a1b2c3d4.westeurope.geo.azurecr.io'],
    ['contoso.azurecr.cn', 'contoso.azurecr.cn'],
    ['contoso.azurecr.us', 'contoso.azurecr.us'],
  ])('%s is one', ([text = '', host]) => {
    expect(read(text).host).toBe(host);
    expect(recogniseProvider(parseRegistryAddress(text).host)?.id).toBe('acr');
  });

  test.for(['contoso', 'Contoso', 'contoso-a1b2c3d4'])('%s is completed, where the provider was given', (name) => {
    expect(read(name).host).toBe(`${name.toLowerCase()}.azurecr.io`);
    expect(recogniseProvider(name.toLowerCase())).toBeUndefined();
  });

  test('the path behind it stays', () => {
    expect(read('contoso/team/app')).toMatchObject({ host: 'contoso.azurecr.io', repositoryPrefix: 'team/app' });
  });

  test('a data endpoint is known, and refused with advice', () => {
    expect(recogniseProvider('contoso.westeurope.data.azurecr.io')?.id).toBe('acr');
    expect(refused('contoso.westeurope.data.azurecr.io')).toMatchObject({
      code: 'DATA_ENDPOINT',
      hint: expect.stringContaining('login server'),
    });
  });

  test.for([
    'azurecr.io',
    'contoso.azurecr.io.evil.example',
    'evil.example.contoso.azurecr.io',
    'xn--contoso.azurecr.io',
    'abcd.azurecr.io',
    'contoso.azurecr.io:5000',
    'contosoazurecr.io',
    'contoso.westeurope.geo.evil.azurecr.io',
  ])('%s is none', (text) => {
    expect(recogniseProvider(text)?.id).not.toBe('acr');
    expect(refused(text)).toMatchObject({ code: 'NOT_A_LOGIN_SERVER' });
  });

  test.for([
    ['contoso.azurecr.io', 'login.microsoftonline.com', 'management.azure.com', 'graph.microsoft.com'],
    ['contoso.azurecr.cn', 'login.partner.microsoftonline.cn', 'management.chinacloudapi.cn', 'microsoftgraph.chinacloudapi.cn'],
    ['contoso.westus.geo.azurecr.us', 'login.microsoftonline.us', 'management.usgovcloudapi.net', 'graph.microsoft.us'],
  ])('the cloud of %s has the services %s, %s and %s', ([host = '', entra, arm, graph]) => {
    expect(azureCloud(host)).toMatchObject({ entra, arm, graph });
  });

  test('the cloud of contoso.azurecr.de was closed', () => {
    expect(azureCloud('contoso.azurecr.de')).toBeUndefined();
  });

  test.for(['contoso.azurecr.io', 'contoso-a1b2c3d4.azurecr.io', 'contoso.westeurope.geo.azurecr.io'])(
    'the name of %s is contoso',
    (host) => {
      expect(registryName(host)).toBe('contoso');
    },
  );
});

describe('the token service of a registry', () => {
  test('is that of all regions', () => {
    expect(trusts('contoso.westeurope.geo.azurecr.io', 'https://contoso.azurecr.io/oauth2/token')).toBe(true);
  });

  test.for([
    'https://contoso.azurecr.io/oauth2/exchange',
    'https://contoso.azurecr.io:8443/oauth2/token',
    'http://contoso.azurecr.io/oauth2/token',
    'https://another.azurecr.io/oauth2/token',
    'https://contoso.eastus.geo.azurecr.io/oauth2/token',
    'https://login.microsoftonline.com/oauth2/token',
  ])('is not %s', (realm) => {
    expect(trusts('contoso.westeurope.geo.azurecr.io', realm)).toBe(false);
  });
});

function refused(text: string): AddressError | undefined {
  try {
    read(text);
    return undefined;
  } catch (error) {
    if (error instanceof AddressError) return error;
    throw error;
  }
}
