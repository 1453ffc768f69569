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

import java.util.Objects;

/**
 * A rule of Consul about who may call a service. Immutable.
 *
 * @param sourcePartition the source's partition, {@code default} if it names none
 * @param sourceNamespace the source's namespace, or {@code *}
 * @param source the calling service, or {@code *}
 * @param sourcePeer the cluster peering that the source is imported by, empty for a local
 * source
 * @param destinationNamespace the called service's namespace, or {@code *}
 * @param destination the called service, or {@code *}
 * @param rule what holds for the source
 */
public record Intention(String sourcePartition, String sourceNamespace, String source, String sourcePeer,
		String destinationNamespace, String destination, IntentionRule rule) {

	/**
	 * What stands for any name.
	 */
	public static final String ANY = "*";

	public Intention {
		Objects.requireNonNull(sourcePartition, "sourcePartition");
		Objects.requireNonNull(sourceNamespace, "sourceNamespace");
		Objects.requireNonNull(source, "source");
		Objects.requireNonNull(sourcePeer, "sourcePeer");
		Objects.requireNonNull(destinationNamespace, "destinationNamespace");
		Objects.requireNonNull(destination, "destination");
		Objects.requireNonNull(rule, "rule");
	}

}
