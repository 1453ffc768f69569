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

package io.github.bootmesh.dev;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The CA's configuration, as it is read and written at
 * {@code /v1/connect/ca/configuration}.
 *
 * @param provider the provider, always Consul's own
 * @param config its settings
 * @param state its state, never any
 * @param forceWithoutCrossSigning whether the next root is not cross-signed
 * @param createIndex the index that it came with
 * @param modifyIndex the index of its last change
 */
record AuthorityConfiguration(@Nullable String provider, @Nullable Map<String, @Nullable Object> config,
		@Nullable Map<String, @Nullable Object> state, boolean forceWithoutCrossSigning, long createIndex,
		long modifyIndex) {

	static final AuthorityConfiguration INITIAL = new AuthorityConfiguration("consul",
			Map.of("LeafCertTTL", "72h", "IntermediateCertTTL", "8760h", "RotationPeriod", "2160h"), null, false, 5, 5);

	String setting(String name) {
		Object value = (this.config != null) ? this.config.get(name) : null;
		return (value != null) ? value.toString() : "";
	}

	AuthorityConfiguration at(long index) {
		return new AuthorityConfiguration(this.provider, this.config, this.state, this.forceWithoutCrossSigning,
				INITIAL.createIndex(), index);
	}

	@Override
	public String toString() {
		return "AuthorityConfiguration[" + this.provider + "]";
	}

}
