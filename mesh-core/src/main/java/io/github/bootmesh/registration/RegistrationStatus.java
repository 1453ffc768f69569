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

package io.github.bootmesh.registration;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;
import io.github.bootmesh.consul.CheckStatus;

/**
 * What is known of the registration at a moment.
 *
 * @param id ID of this instance
 * @param service the service
 * @param address the registered address
 * @param port the registered port that mesh clients dial
 * @param registered whether Consul had it when last asked
 * @param check what the check was last set to, or {@code null} before the first time
 * @param lastSuccess when Consul last took an update, or {@code null}
 * @param problem why it is not up to date, or {@code null}
 */
@Internal
public record RegistrationStatus(String id, String service, String address, int port, boolean registered,
		@Nullable CheckStatus check, @Nullable Instant lastSuccess, @Nullable String problem) {

}
