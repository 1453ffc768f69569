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

package io.github.bootmesh.autoconfigure.registration;

import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;
import io.github.bootmesh.consul.ServiceDefinition;

/**
 * What the registrations of sidecars tell Consul of upstreams.
 */
@Internal
@FunctionalInterface
public interface SidecarUpstreams {

	/**
	 * The upstreams that are dialled as a service of this process.
	 * @param listener the name of the service's listener, or {@code null} for the
	 * application's own
	 * @return the upstreams, with the ports that they really have
	 */
	List<ServiceDefinition.Upstream> dialledAs(@Nullable String listener);

}
