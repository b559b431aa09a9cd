/** What a form may send. */
import { z } from 'zod';

/** A field's text: of limited length, and without the character that PostgreSQL can't store. */
export const fieldText = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => !text.includes('\0'));

/** Any form's fields, each sent once. */
export const fieldsSchema = z.record(fieldText(100), fieldText(2_000));
