import type { MetadataRecord } from '@quorate/records';
import type { MetadataView, RecordPosition } from '@quorate/metadata-image';

/**
 * What the controller decides from and replays into: on the active controller the overlay over the committed image, in
 * tests any small model.
 */
export interface ControllerView extends MetadataView {
  /**
   * Takes one record into account. Marks of a metadata transaction are its business too: an Abort undoes what came since
   * Begin.
   *
   * @throws when the record does not fit what is there (unknown broker, other epoch …): the record must not be written.
   */
  apply(record: MetadataRecord, at: RecordPosition): void;
}
