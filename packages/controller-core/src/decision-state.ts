import type { MetadataView } from '@quorate/metadata-image';
import type { ClusterModel } from './cluster-model.js';
import type { ControllerConfig } from './controller-config.js';
import type { FeatureRules } from './metadata-version.js';
import type { SessionTracker } from './session-tracker.js';

/** All that a decision reads beside its command and context. It writes to none of it. */
export interface DecisionState {
  readonly view: MetadataView;
  readonly config: ControllerConfig;
  readonly sessions: SessionTracker;
  readonly cluster: ClusterModel;
  readonly features: FeatureRules;
}
