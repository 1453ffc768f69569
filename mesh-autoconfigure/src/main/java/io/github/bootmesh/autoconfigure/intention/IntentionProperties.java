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

package io.github.bootmesh.autoconfigure.intention;

import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

import io.github.bootmesh.intention.AuthorizerSettings;
import io.github.bootmesh.intention.DefaultPolicy;

/**
 * Settings of how intentions are enforced.
 *
 * @param defaultPolicy What holds where no intention matches. Asked of Consul by default.
 * @param maxStaleness How old the intentions may be while Consul is away before every
 * call is denied, 10s at least. Any age by default.
 */
@ConfigurationProperties("bootmesh.intentions")
public record IntentionProperties(@Nullable Policy defaultPolicy, @Nullable Duration maxStaleness) {

	public IntentionProperties {
		try {
			settings(maxStaleness);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidConfigurationPropertyValueException("bootmesh.intentions.max-staleness", maxStaleness,
					String.valueOf(ex.getMessage()));
		}
	}

	private static AuthorizerSettings settings(@Nullable Duration maxStaleness) {
		return new AuthorizerSettings(maxStaleness);
	}

	// Null to ask Consul.
	@Nullable DefaultPolicy configuredPolicy() {
		return (this.defaultPolicy != null)
				? new DefaultPolicy(this.defaultPolicy == Policy.ALLOW, "bootmesh.intentions.default-policy") : null;
	}

	AuthorizerSettings authorizerSettings() {
		return settings(this.maxStaleness);
	}

	/**
	 * What holds where no intention matches.
	 */
	public enum Policy {

		/**
		 * Every peer of the mesh may call.
		 */
		ALLOW,

		/**
		 * Nobody may call.
		 */
		DENY

	}

}
