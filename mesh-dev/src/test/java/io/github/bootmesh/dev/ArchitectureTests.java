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

import java.util.List;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The development Consul shares no code with what it is to test.
 */
class ArchitectureTests {

	private static final JavaClasses CLASSES = new ClassFileImporter()
		.withImportOption(new ImportOption.DoNotIncludeTests())
		.importPackages("io.github.bootmesh.dev");

	@Test
	void theServerKnowsNothingElseOfBootmeshAndNoSpring() {
		ArchRuleDefinition.noClasses()
			.that()
			.resideInAPackage("io.github.bootmesh.dev")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("org.springframework..", "io.github.bootmesh", "io.github.bootmesh.consul..",
					"io.github.bootmesh.identity..", "io.github.bootmesh.autoconfigure..")
			.check(CLASSES);
	}

	@Test
	void theSpringGlueKnowsOnlyTheConnectionDetails() {
		List<String> known = CLASSES.stream()
			.filter((type) -> type.getPackageName().startsWith("io.github.bootmesh.dev."))
			.flatMap((type) -> type.getDirectDependenciesFromSelf().stream())
			.map((dependency) -> dependency.getTargetClass().getBaseComponentType())
			.filter((type) -> type.getPackageName().startsWith("io.github.bootmesh")
					&& !type.getPackageName().startsWith("io.github.bootmesh.dev"))
			.map(JavaClass::getName)
			.distinct()
			.toList();
		assertThat(known).containsExactly("io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails");
	}

	@Test
	void classesAreFinal() {
		assertThat(CLASSES.stream()
			.filter((type) -> !type.isInterface() && !type.getModifiers().contains(JavaModifier.FINAL)
					&& !type.getModifiers().contains(JavaModifier.ABSTRACT) && !type.isAnonymousClass()
					&& !type.getSimpleName().endsWith("Configuration") && !type.isEnum())
			.map(JavaClass::getName)).isEmpty();
	}

}
