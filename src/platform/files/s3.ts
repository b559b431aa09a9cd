/** Files in a bucket of anything that speaks S3. */
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  type MultipartUpload,
  NoSuchKey,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { checkedKey, FileMissing, type FileStore } from './store.ts';

export interface S3Place {
  readonly bucket: string;
  readonly region: string;
  /** Of a store that is not AWS; undefined: AWS of the region. */
  readonly endpoint: string | undefined;
  /** Undefined: the machine's own, as AWS's tools find them. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

export function s3Store({ bucket, region, endpoint, credentials }: S3Place): FileStore & { close(): void } {
  const client = new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials && { credentials }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000 },
    // Other stores than AWS know no checksums beyond what S3 always had.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return {
    async put(key, bytes) {
      const params = { Bucket: bucket, Key: checkedKey(key), Body: bytes, ContentType: 'application/octet-stream' };
      // In parts of 5 MB, two at once: a file is never whole in memory. A source that fails aborts it all.
      await new Upload({ client, params, queueSize: 2, partSize: 5 * 1024 * 1024, leavePartsOnError: false }).done();
    },
    async get(key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: checkedKey(key) }));
        if (Body instanceof Readable) return Body;
        throw new Error('The store answered without bytes');
      } catch (error) {
        throw error instanceof NoSuchKey ? new FileMissing(key) : error;
      }
    },
    async delete(key) {
      const object = { Bucket: bucket, Key: checkedKey(key) };
      // Parts that a process which died had sent are no object, and stay until their upload is ended.
      for (const { Key, UploadId } of await uploadsOf(client, bucket, key))
        if (Key === key) await client.send(new AbortMultipartUploadCommand({ ...object, UploadId }));
      await client.send(new DeleteObjectCommand(object));
    },
    close: () => client.destroy(),
  };
}

/** Uploads under way whose key begins so. None where they may not be asked for, or the store can't tell. */
async function uploadsOf(client: S3Client, bucket: string, key: string): Promise<readonly MultipartUpload[]> {
  try {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key }));
    return Uploads;
  } catch (error) {
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status === 403 || status === 405 || status === 501) return [];
    throw error;
  }
}
