import type { Schema } from '@keyward/stores/postgres/schema';

/** The tables of `Schema`, with what Postgres may call the type of each column. */
export type ColumnTypes = { [T in keyof Schema]: { [C in keyof Schema[T]]: TypeName<Read<Schema[T][C]>> } };

/** What Postgres may call the type of a column that is read as this; `?`: it may be null. */
type TypeName<T> = null extends T ? `${BareTypeName<NonNullable<T>>}?` : BareTypeName<T>;
type BareTypeName<T> = [T] extends [string]
  ? 'uuid' | 'text' | 'inet'
  : [T] extends [number]
    ? 'int2' | 'int4' | 'int8'
    : [T] extends [boolean]
      ? 'bool'
      : [T] extends [Date]
        ? 'timestamptz' | 'date'
        : [T] extends [Buffer]
          ? 'bytea'
          : [T] extends [readonly string[]]
            ? '_text' | '_uuid'
            : [T] extends [readonly number[]]
              ? '_int8'
              : 'jsonb';
type Read<C> = C extends { readonly __select__: infer S } ? S : C;
