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

package io.github.bootmesh.dev.autoconfigure;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

import io.github.bootmesh.dev.DefaultPolicy;

/**
 * Settings of the development Consul.
 *
 * @param enabled Whether this application uses a development Consul instead of a real
 * one.
 * @param port Port on loopback at which the applications of this machine share the
 * development Consul. With 0 it has a free port and only the applications in this JVM
 * share it.
 * @param defaultIntentionPolicy What holds in the development Consul where no intention
 * decides. Without one what the application that hosts it has, or allow.
 */
@ConfigurationProperties("bootmesh.dev")
public record DevConsulProperties(@DefaultValue("false") boolean enabled, @DefaultValue("18500") int port,
		@Nullable DefaultPolicy defaultIntentionPolicy) {

}
