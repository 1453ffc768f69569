/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.bootmesh.discovery;

import java.time.Duration;

/**
 * How destinations are kept.
 *
 * @param firstAnswerTimeout how long the first uses of a destination wait for Consul
 * @param idle a destination not used for this long is forgotten
 * @param maxDestinations destinations kept at most; beyond, the one unused for longest is
 * forgotten
 * @param avoidance how long an endpoint is avoided after a failed connect; longer where
 * that happens again soon
 * @param doubt how long what is known is gone on with after Consul suddenly lists no
 * instance at all
 */
public record DiscoverySettings(Duration firstAnswerTimeout, Duration idle, int maxDestinations, Duration avoidance,
		Duration doubt) {

	/**
	 * The defaults: a first answer takes longer than a connect (5 s in Consul), a nightly
	 * job may ask for its destination anew, a thousand names are more than any service
	 * calls, and an instance is avoided for as long as Consul's own checks usually take
	 * to notice. An agent that has lost its registrations gets them back from their
	 * owners within 10 s (RegistrationSettings) and some time for Consul to tell others.
	 */
	public static final DiscoverySettings DEFAULTS = new DiscoverySettings(Duration.ofSeconds(5),
			Duration.ofMinutes(30), 1000, Duration.ofSeconds(10), Duration.ofSeconds(15));

}
