export { FeedPublishing, type FeedPublishingOptions } from './feed-publishing.js';
export { FEED_HEADER, feedMac, isFeedMac, messageId, type FeedFields } from './feed-message.js';
export { NatsFollower, type NatsFollowerOptions } from './nats-follower.js';
export { NatsPublisher, type NatsPublisherOptions, type PublishedOffset } from './nats-publisher.js';
export { encodeClusterToken, logSubject } from './subjects.js';
export { readFeedMessage, type FeedIdentity, type FeedMessageRead } from './read-feed-message.js';
