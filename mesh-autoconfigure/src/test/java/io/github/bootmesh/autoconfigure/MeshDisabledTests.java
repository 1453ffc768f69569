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

package io.github.bootmesh.autoconfigure;

import java.util.List;
import java.util.Locale;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;

class MeshDisabledTests {

	@Test
	void whenTheMeshIsOffThenNoBeanOfItIsThere() {
		List<String> ours = ImportCandidates.load(AutoConfiguration.class, null)
			.getCandidates()
			.stream()
			.filter((name) -> name.startsWith("io.github.bootmesh."))
			.toList();
		assertThat(ours).isNotEmpty();
		new ReactiveWebApplicationContextRunner()
			.withConfiguration(AutoConfigurations
				.of(ours.stream().map((name) -> ClassUtils.resolveClassName(name, null)).toArray(Class<?>[]::new)))
			.withPropertyValues("bootmesh.enabled=false")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBeanDefinitionNames())
					.noneMatch((name) -> Objects.requireNonNull(context.getType(name, false))
						.getName()
						.startsWith("io.github.bootmesh."))
					.noneMatch((name) -> name.toLowerCase(Locale.ROOT).contains("mesh"));
			});
	}

}
