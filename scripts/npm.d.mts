import type { SpawnSyncOptions, SpawnSyncReturns } from 'node:child_process'

/** The repository's root folder, with a separator at its end. */
export declare const root: string

/** Runs npm, and ends this process with its exit code where it fails. */
export declare function npm(args: readonly string[], options?: SpawnSyncOptions): SpawnSyncReturns<string | Buffer>
