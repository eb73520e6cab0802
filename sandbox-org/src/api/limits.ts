import type { ApiContext } from './context.ts';
import { answer, type ApiAnswer, type ApiRequest } from './message.ts';

/** Allocations that the emulator never uses: name and maximum. */
const UNTOUCHED: readonly (readonly [string, number])[] = [
  ['AnalyticsExternalDataSizeMB', 40_960],
  ['ConcurrentAsyncGetReportInstances', 200],
  ['ConcurrentEinsteinDataInsightsStoryCreation', 5],
  ['ConcurrentSyncReportRuns', 20],
  ['DailyAnalyticsDataflowJobExecutions', 60],
  ['DailyAnalyticsUploadedFilesSizeMB', 51_200],
  ['DailyAsyncApexExecutions', 250_000],
  ['DailyAsyncApexTests', 500],
  ['DailyBulkApiBatches', 15_000],
  ['DailyBulkV2QueryFileStorageMB', 976_562],
  ['DailyBulkV2QueryJobs', 10_000],
  ['DailyDeliveredPlatformEvents', 50_000],
  ['DailyDurableGenericStreamingApiEvents', 10_000],
  ['DailyDurableStreamingApiEvents', 10_000],
  ['DailyFunctionsApiCallLimit', 235_000],
  ['DailyGenericStreamingApiEvents', 10_000],
  ['DailyStandardVolumePlatformEvents', 10_000],
  ['DailyStreamingApiEvents', 10_000],
  ['DailyWorkflowEmails', 1_000],
  ['DataStorageMB', 10_240],
  ['FileStorageMB', 10_240],
  ['HourlyAsyncReportRuns', 1_200],
  ['HourlyDashboardRefreshes', 200],
  ['HourlyDashboardResults', 5_000],
  ['HourlyODataCallout', 20_000],
  ['HourlyPublishedPlatformEvents', 50_000],
  ['HourlySyncReportRuns', 500],
  ['HourlyTimeBasedWorkflow', 1_000],
  ['MassEmail', 5_000],
  ['MonthlyPlatformEvents', 300_000],
  ['Package2VersionCreates', 6],
  ['PermissionSets', 1_500],
  ['PrivateConnectOutboundCalloutHourlyLimitMB', 0],
  ['PublishCallbackUsageInApex', 0],
  ['SingleEmail', 5_000],
  ['StreamingApiConcurrentClients', 2_000],
];

/** `GET /limits`, with the counted API requests of the day. */
export function limits(_request: ApiRequest, { usage, latency }: ApiContext): ApiAnswer {
  const daily = { Max: usage.dailyLimit, Remaining: Math.max(0, usage.dailyLimit - usage.used) };
  const others = UNTOUCHED.map(([name, max]) => [name, { Max: max, Remaining: max }] as const);
  const all = [...others, ['DailyApiRequests', daily] as const].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return answer(JSON.stringify(Object.fromEntries(all)), latency.other());
}

const COUNTED = new Set(['standard', 'custom', 'setting', 'metadata']);

/**
 * `GET /limits/recordCount`: all objects with records, or the requested ones; unknown names are
 * ignored.
 */
export function recordCount(request: ApiRequest, { org, sources, latency }: ApiContext): ApiAnswer {
  const asked = request.query
    .get('sObjects')
    ?.split(',')
    .map((name) => name.trim());
  const entries = asked ? asked.flatMap((name) => org.find(name) ?? []) : org.list();
  const counted = entries
    .filter((entry) => COUNTED.has(entry.kind))
    .map((entry) => ({ count: sources.records.count(entry.name), name: entry.name }));
  return answer(
    JSON.stringify({ sObjects: asked ? counted : counted.filter(({ count }) => count > 0) }),
    latency.other(),
  );
}
