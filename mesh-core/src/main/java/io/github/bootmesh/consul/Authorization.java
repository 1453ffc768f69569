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

package io.github.bootmesh.consul;

import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * What an agent would decide on a connection.
 *
 * @param authorized whether it would allow it
 * @param reason why, in Consul's words, which differ between its versions
 */
@Internal
public record Authorization(boolean authorized, String reason) {

	@JsonCreator
	static Authorization of(@JsonProperty("Authorized") boolean authorized,
			@JsonProperty("Reason") @Nullable String reason) {
		return new Authorization(authorized, Objects.requireNonNullElse(reason, ""));
	}

}
