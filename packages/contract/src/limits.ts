import Type, { type Static } from 'typebox';

/** Calendar windows in UTC: a second, minute, hour or day, an ISO week (from Monday), a month of its real length. */
export const WindowName = Type.Enum(['second', 'minute', 'hour', 'day', 'week', 'month']);
export type WindowName = Static<typeof WindowName>;

/** Whose limit it is. */
export const Subject = Type.Enum(['key', 'client', 'environment']);
export type Subject = Static<typeof Subject>;

const Limit = Type.Optional(Type.Integer({ minimum: 0 }));

/** What a window may have; one that is not named is unlimited. */
export const Limits = Type.Object({
  second: Limit,
  minute: Limit,
  hour: Limit,
  day: Limit,
  week: Limit,
  month: Limit,
});
export type Limits = Static<typeof Limits>;

/** How one limited window stands after a decision. */
export const LimitStatus = Type.Object({
  subject: Subject,
  window: WindowName,
  limit: Type.Number(),
  remaining: Type.Number(),
  resetSeconds: Type.Number({ description: 'Until the window ends, rounded up.' }),
  windowSeconds: Type.Number(),
});
export type LimitStatus = Static<typeof LimitStatus>;

/** The window that refused; without `retryAfterSeconds` waiting does not help, for the cost is above the limit. */
export const ExceededLimit = Type.Object({
  subject: Subject,
  window: WindowName,
  retryAfterSeconds: Type.Optional(Type.Number()),
});
export type ExceededLimit = Static<typeof ExceededLimit>;
