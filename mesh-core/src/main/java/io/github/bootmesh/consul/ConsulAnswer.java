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

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * An answer of Consul with the headers that matter.
 *
 * @param <T> the type of the body
 * @param body the body, read
 * @param index {@code X-Consul-Index}, at least 1, or 0 when absent: nothing to block on
 * @param hash {@code X-Consul-ContentHash}, or {@code null} when absent
 * @param defaultAclPolicy {@code X-Consul-Default-ACL-Policy}, or {@code null} when
 * absent (before Consul 1.9)
 */
@Internal
public record ConsulAnswer<T>(T body, long index, @Nullable String hash, @Nullable String defaultAclPolicy) {

}
