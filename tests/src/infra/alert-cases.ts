/** Series as promtool writes them: one value a minute, `a+bxn`, `axn`. */
type Series = Readonly<Record<string, string>>;

export interface AlertCase {
  alert: string;
  /** What makes it fire, and what is like it and does not. */
  fires: Series;
  silent: Series;
  /** The labels that it fires with, beside its severity. */
  labels?: Readonly<Record<string, string>>;
}

const rising = '0x10 0+1x60';
/** What a process had counted when it was looked at for the first time. */
const fromTheStart = '_x20 3x40';
const still = '3x60';
const services = ['gateway', 'validator', 'ingest', 'admin-api'];

/** Each alert by half an hour of figures. */
export const alertCases: readonly AlertCase[] = [
  {
    alert: 'KeywardServiceDown',
    labels: { job: 'validator' },
    fires: {
      ...upBut('validator'),
      'up{job="validator",instance="a"}': '1x10 0x60',
      'up{job="validator",instance="b"}': '0x60',
    },
    silent: {
      ...upBut('validator'),
      'up{job="validator",instance="a"}': '1x60',
      'up{job="validator",instance="b"}': '0x60',
    },
  },
  ...services.map((job) => ({
    alert: 'KeywardServiceDown',
    labels: { job },
    fires: { ...upBut(job), [`up{job="${job}",instance="a"}`]: '1x10 _x60' },
    silent: { ...upBut(job), [`up{job="${job}",instance="a"}`]: '1x60' },
  })),
  {
    alert: 'KeywardReplicaDown',
    labels: { job: 'gateway', instance: 'b' },
    fires: { 'up{job="gateway",instance="a"}': '1x60', 'up{job="gateway",instance="b"}': '0x60' },
    silent: { 'up{job="gateway",instance="a"}': '1x60', 'up{job="another",instance="b"}': '0x60' },
  },
  {
    alert: 'KeywardErrors',
    labels: { job: 'gateway' },
    fires: callsOf({ good: '0+970x60', bad: '0+30x60' }),
    silent: callsOf({ good: '0+990x60', bad: '0+10x60' }),
  },
  {
    alert: 'KeywardNoVerdicts',
    fires: decisionsOf({ good: '0+980x60', bad: '0+20x60' }),
    silent: decisionsOf({ good: '0+995x60', bad: '0+5x60' }),
  },
  {
    alert: 'KeywardDecisionsSlow',
    fires: {
      'keyward_decision_seconds_bucket{le="0.1"}': '0+98x60',
      'keyward_decision_seconds_bucket{le="0.25"}': '0+100x60',
      'keyward_decision_seconds_bucket{le="+Inf"}': '0+100x60',
    },
    silent: {
      'keyward_decision_seconds_bucket{le="0.1"}': '0+995x60',
      'keyward_decision_seconds_bucket{le="0.25"}': '0+1000x60',
      'keyward_decision_seconds_bucket{le="+Inf"}': '0+1000x60',
    },
  },
  {
    alert: 'KeywardScriptSlow',
    fires: {
      'keyward_decision_script_seconds_bucket{le="0.025"}': '0+98x60',
      'keyward_decision_script_seconds_bucket{le="0.05"}': '0+100x60',
      'keyward_decision_script_seconds_bucket{le="+Inf"}': '0+100x60',
    },
    silent: {
      'keyward_decision_script_seconds_bucket{le="0.025"}': '0+995x60',
      'keyward_decision_script_seconds_bucket{le="+Inf"}': '0+1000x60',
    },
  },
  gauge('KeywardRedisAway', 'keyward_store_away_shards{job="validator"}', { fires: '0x20 64x40', silent: '0x60' }),
  gauge('KeywardDegraded', 'keyward_decisions_degraded_total', { fires: rising, silent: still }),
  gauge('KeywardProjectionBehind', 'keyward_projection_oldest_change_age_seconds', {
    fires: '60+60x60',
    silent: '20x60',
  }),
  gauge('KeywardOutboxBehind', 'keyward_outbox_oldest_entry_age_seconds', { fires: '60+60x60', silent: '30x60' }),
  {
    alert: 'KeywardOutboxUnowned',
    fires: { 'keyward_relay_owned_shards{instance="a"}': '32x60', 'keyward_relay_owned_shards{instance="b"}': '31x60' },
    silent: {
      'keyward_relay_owned_shards{instance="a"}': '32x60',
      'keyward_relay_owned_shards{instance="b"}': '32x60',
    },
  },
  ...total('KeywardEventsCollapsed', 'keyward_relay_collapsed_events_total'),
  ...total('KeywardEventsDead', 'keyward_ingest_events_total{outcome="dead"}'),
  ...total('KeywardEventsDead', 'keyward_relay_buried_entries_total'),
  ...total('KeywardDirectEventsLost', 'keyward_direct_events_lost_total'),
  ...total('KeywardDirectEventsLost', 'keyward_direct_events_refused_total'),
  gauge('KeywardDirectEventsAtRisk', 'keyward_direct_events_waiting', { fires: '0x10 9x60', silent: '0 5 0x60' }),
  {
    alert: 'KeywardIngestStuck',
    fires: { keyward_ingest_lag_events: '10x60', 'keyward_ingest_events_total{outcome="counted"}': '500x60' },
    silent: { keyward_ingest_lag_events: '10x60', 'keyward_ingest_events_total{outcome="counted"}': '0+500x60' },
  },
  {
    alert: 'KeywardIngestStuck',
    fires: { keyward_ingest_lag_events: '10x60' },
    silent: { keyward_ingest_lag_events: '0x60' },
  },
  gauge('KeywardIngestBehind', 'keyward_ingest_lag_events', { fires: '100001+1000x60', silent: '90000x60' }),
  ...total('KeywardLogRestarted', 'keyward_ingest_log_restarts_total'),
  gauge('KeywardConservationBroken', 'keyward_conservation_missing_entries', { fires: '0x20 1x40', silent: '0x60' }),
  gauge('KeywardConservationBroken', 'keyward_conservation_surplus_entries', { fires: '0x20 1x40', silent: '0x60' }),
  gauge('KeywardConservationUnknown', 'keyward_conservation_age_seconds', { fires: '0+120x60', silent: '60x60' }),
  gauge('KeywardConservationUnknown', 'keyward_conservation_age_seconds', { fires: '_x60', silent: '1x60' }),
  gauge('KeywardWebhooksBehind', 'keyward_webhook_oldest_due_age_seconds', { fires: '0+60x60', silent: '20x60' }),
  gauge('KeywardWebhooksDead', 'keyward_webhook_dead_deliveries', { fires: '3x10 4x60', silent: '3x10 2x60' }),
  {
    alert: 'KeywardProcessBusy',
    labels: { job: 'validator', instance: 'a' },
    fires: { 'nodejs_eventloop_active_seconds_total{job="validator",instance="a"}': '0+57x60' },
    silent: { 'nodejs_eventloop_active_seconds_total{job="validator",instance="a"}': '0+40x60' },
  },
];

function gauge(alert: string, series: string, { fires, silent }: { fires: string; silent: string }): AlertCase {
  return { alert, fires: { [series]: fires }, silent: { [series]: silent } };
}

function total(alert: string, series: string): AlertCase[] {
  return [rising, fromTheStart].map((fires) => gauge(alert, series, { fires, silent: still }));
}

function upBut(job: string): Series {
  const others = services.filter((each) => each !== job);
  return Object.fromEntries(others.map((each) => [`up{job="${each}",instance="a"}`, '1x60']));
}

function callsOf({ good, bad }: { good: string; bad: string }): Series {
  const calls = (status: string) =>
    `keyward_http_request_seconds_count{job="gateway",method="POST",route="/api/v1/client/:id",status="${status}"}`;
  return { [calls('2xx')]: good, [calls('5xx')]: bad };
}

function decisionsOf({ good, bad }: { good: string; bad: string }): Series {
  const decisions = (verdict: string) => `keyward_decisions_total{job="validator",verdict="${verdict}"}`;
  return { [decisions('ALLOWED')]: good, [decisions('UNAVAILABLE')]: bad };
}
