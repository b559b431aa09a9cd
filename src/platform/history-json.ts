/** Histories as JSON files. The SDK's own functions for it fail while npm installs several copies of protobufjs. */
import { hostname } from 'node:os';
import proto, { type temporal } from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;
export type History = temporal.api.history.v1.IHistory;

/** Without what tells of the machine it was recorded on. */
export function historyToJson(history: History): string {
  const plain = History.toObject(History.fromObject(history), { longs: String, enums: String, bytes: String });
  const ofTheMachine = (key: string, value: unknown): boolean =>
    key === 'stackTrace' || (typeof value === 'string' && value.includes(`@${hostname()}`));
  const dull = (key: string, value: unknown): unknown => (ofTheMachine(key, value) ? '' : value);
  return `${JSON.stringify(plain, dull, 1)}\n`;
}

/** Throws when the text is no JSON. */
export const historyFromJson = (text: string): History => History.fromObject(JSON.parse(text));
