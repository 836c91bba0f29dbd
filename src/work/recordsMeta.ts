/** Name of the meta element in which a page says under which consent records what it shows was made: reports write it, `dfk consent purge` reads it. */
export const RECORDS_META = 'dfk-records'
