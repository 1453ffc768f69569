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

package io.github.bootmesh.intention;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * How an {@link Authorizer} decides while the source is away.
 *
 * @param maxStaleness how old a set may be before everything is denied, or {@code null}
 * for any age
 */
@Internal
public record AuthorizerSettings(@Nullable Duration maxStaleness) {

	/**
	 * A set is good until the next one: the mesh goes on while Consul is away.
	 */
	public static final AuthorizerSettings DEFAULTS = new AuthorizerSettings(null);

}
