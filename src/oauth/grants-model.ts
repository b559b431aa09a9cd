/**
 * What `@node-oauth/oauth2-server` asks of storage. Codes and tokens are kept as hashes; a spent one that comes
 * again ends its grant and all that was given for it (RFC 9700 §4.14.2, RFC 6749 §4.1.2).
 */
import OAuth2Server from '@node-oauth/oauth2-server';
import { z } from 'zod';
import {
  type FoundCode,
  type FoundToken,
  findCode,
  findToken,
  insertCode,
  insertGrant,
  insertTokens,
  revokeGrant,
  spendCode,
  spendRefreshToken,
  touchClient,
} from '../db/oauth.ts';
import { newId } from '../platform/ids.ts';
import { hashSecret, randomText } from '../platform/secrets.ts';
import { type Authority, lifetimes, resourceOf } from './authority.ts';
import type { FetchDocument } from './client-document.ts';
import { findClient, hostOf, isClientSecret } from './clients.ts';

/** Who allows, in which org: what the consent page hands over. */
const granterSchema = z.object({ orgId: z.string(), userId: z.string() });
/** What a code or token stands for; `granted` is all that was allowed, whatever a refresh asks for. */
const granteeSchema = granterSchema.extend({
  grantId: z.string(),
  granted: z.array(z.string()),
  /** The hash of a refresh token, which is spent for the pair that follows it. */
  spends: z.instanceof(Buffer).optional(),
});
const granteeOf = (found: FoundCode | FoundToken): z.infer<typeof granteeSchema> => ({
  orgId: found.org_id,
  userId: found.user_id,
  grantId: found.grant_id,
  granted: found.scope,
});
export type Granter = z.infer<typeof granterSchema>;

const clientNameSchema = z.object({ name: z.string() });

type Model = OAuth2Server.AuthorizationCodeModel & OAuth2Server.RefreshTokenModel;

export function grantsModel(authority: Authority, fetchDocument: FetchDocument): Model {
  const { database, clock } = authority;
  const now = (): Date => new Date(clock());

  const endGrant = (g: { org_id: string; grant_id: string }): Promise<boolean> =>
    database.withOrg({ orgId: g.org_id }, (trx) => revokeGrant(trx, g.grant_id, now()));

  /** Is it alive, and may whoever allowed it still do so? Ends the grant when it is a spent one come again. */
  const isGood = async (found: FoundCode | FoundToken): Promise<boolean> => {
    if (found.revoked) return false;
    if (found.spent || (found.role !== 'OWNER' && found.role !== 'ADMIN')) {
      await endGrant(found);
      return false;
    }
    return found.expires_at.getTime() > clock() && found.resource === resourceOf(authority);
  };

  return {
    generateAccessToken: async () => `bflow_at_${randomText(40)}`,
    generateRefreshToken: async () => `bflow_rt_${randomText(40)}`,
    generateAuthorizationCode: async () => `bflow_ac_${randomText(40)}`,

    /** `secret` null: at the authorize step, where nothing is to be proved. */
    async getClient(id: string, secret: string | null | undefined) {
      const client = await findClient(authority, fetchDocument, id);
      if (!client || (secret !== null && !isClientSecret(client, secret))) return null;
      return {
        id,
        name: client.name,
        redirectUris: [...client.redirectUris],
        grants: ['authorization_code', 'refresh_token'],
      };
    },

    // The authorize step has checked it before, loopback ports included.
    validateRedirectUri: async () => true,

    async saveAuthorizationCode(code, client, user) {
      const { orgId, userId } = granterSchema.parse(user);
      const { name } = clientNameSchema.parse(client);
      const { redirectUri, codeChallenge, scope } = code;
      if (codeChallenge === undefined) throw new OAuth2Server.InvalidRequestError('PKCE is required');
      const grantId = newId('grant');
      const created_at = now();
      await database.withOrg({ orgId }, async (trx) => {
        await insertGrant(trx, {
          ...{ id: grantId, org_id: orgId, user_id: userId, client_id: client.id, client_name: name },
          ...{ redirect_host: hostOf(redirectUri), scope: scope ?? [], resource: resourceOf(authority), created_at },
        });
        await insertCode(trx, {
          code_hash: hashSecret(code.authorizationCode),
          ...{ org_id: orgId, grant_id: grantId, redirect_uri: redirectUri, code_challenge: codeChallenge },
          expires_at: new Date(clock() + lifetimes.code),
        });
      });
      await touchClient(database.open, client.id, created_at);
      return { ...code, client, user };
    },

    async getAuthorizationCode(authorizationCode) {
      const found = await findCode(database.open, hashSecret(authorizationCode));
      if (!found || !(await isGood(found))) return null;
      return {
        authorizationCode,
        // The library compares with the machine's clock; ours has been compared above.
        expiresAt: new Date(Date.now() + lifetimes.code),
        redirectUri: found.redirect_uri,
        codeChallenge: found.code_challenge,
        codeChallengeMethod: 'S256',
        scope: found.scope,
        client: { id: found.client_id, grants: [] },
        user: granteeOf(found),
      };
    },

    async revokeAuthorizationCode({ authorizationCode, user }) {
      const { orgId, grantId } = granteeSchema.parse(user);
      const first = await database.withOrg({ orgId }, (trx) => spendCode(trx, hashSecret(authorizationCode), now()));
      if (!first) await endGrant({ org_id: orgId, grant_id: grantId });
      return first;
    },

    async getRefreshToken(refreshToken) {
      const spends = hashSecret(refreshToken);
      const found = await findToken(database.open, spends);
      if (found?.kind !== 'refresh' || !(await isGood(found))) return null;
      return {
        refreshToken,
        scope: found.scope,
        client: { id: found.client_id, grants: [] },
        user: { ...granteeOf(found), spends },
      };
    },

    // It is spent together with what follows it being kept: were that lost, nobody could go on with either.
    revokeToken: async () => true,

    async saveToken(token, client, user) {
      const { orgId, grantId, granted, spends } = granteeSchema.parse(user);
      const { accessToken, refreshToken, scope = granted } = token;
      if (refreshToken === undefined)
        throw new OAuth2Server.ServerError('A refresh token goes with every access token');
      const accessEnd = new Date(clock() + lifetimes.access);
      const refreshEnd = new Date(clock() + lifetimes.refresh);
      const kept = await database.withOrg({ orgId }, async (trx) => {
        if (spends && !(await spendRefreshToken(trx, spends, grantId, now()))) return 'spent before';
        const isAlive = await insertTokens(trx, grantId, [
          { org_id: orgId, token_hash: hashSecret(accessToken), kind: 'access', scope, expires_at: accessEnd },
          // RFC 6749 §6: asking for less once narrows the access token, not what may be asked for next.
          {
            org_id: orgId,
            token_hash: hashSecret(refreshToken),
            kind: 'refresh',
            scope: granted,
            expires_at: refreshEnd,
          },
        ]);
        return isAlive ? 'kept' : 'revoked';
      });
      if (kept === 'spent before') await endGrant({ org_id: orgId, grant_id: grantId });
      if (kept !== 'kept') throw new OAuth2Server.InvalidGrantError(`Invalid grant: it was ${kept}`);
      return { ...token, client, user };
    },

    // Requests are authenticated in authenticate.ts, with today's role; the library is not asked.
    getAccessToken: async () => null,
  };
}
