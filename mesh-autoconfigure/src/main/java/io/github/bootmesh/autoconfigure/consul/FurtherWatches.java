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

package io.github.bootmesh.autoconfigure.consul;

import org.springframework.boot.diagnostics.FailureAnalyzedException;

import io.github.bootmesh.Internal;
import io.github.bootmesh.consul.ConsulLimits;

/**
 * Watches beyond those of this application's own identity and intentions that must never
 * wait for a connection to the agent either. Fewer connections than they need stop the
 * start.
 *
 * @param count how many
 * @param what what they are for, in the plural
 */
@Internal
public record FurtherWatches(int count, String what) {

	ConsulLimits in(ConsulLimits limits) {
		int needed = ConsulLimits.FEWEST_CONNECTIONS + this.count;
		if (limits.connections() < needed) {
			throw new FailureAnalyzedException(
					this.what + " hold " + this.count
							+ " connections to Consul. With those for everything else that is " + needed
							+ ", and 'bootmesh.consul.max-connections' allows " + limits.connections() + ".",
					"Set 'bootmesh.consul.max-connections' to " + needed
							+ " or more (200 at most, which an agent takes "
							+ "from one address), or declare fewer of them.");
		}
		return limits.withFurtherReserved(this.count);
	}

}
