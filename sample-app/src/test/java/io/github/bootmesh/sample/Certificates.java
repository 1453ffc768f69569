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

package io.github.bootmesh.sample;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.stream.Stream;

import io.github.bootmesh.identity.MeshIdentity;

/**
 * The certificates that the services show. The page has only their dates, in which one of
 * the same second looks like the one before.
 */
final class Certificates {

	private final RunningServices services;

	private final List<X509Certificate> before;

	private Certificates(RunningServices services) {
		this.services = services;
		this.before = now();
	}

	static Certificates of(RunningServices services) {
		return new Certificates(services);
	}

	/** Whether each service has another one since. */
	boolean areReplaced() {
		return now().stream().noneMatch(this.before::contains);
	}

	private List<X509Certificate> now() {
		return Stream.of(SampleService.values())
			.map((service) -> this.services.context(service).getBean(MeshIdentity.class).current().chain().get(0))
			.toList();
	}

}
