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

package io.github.bootmesh;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import com.tngtech.archunit.library.Architectures;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.junit.jupiter.api.Test;

class ArchitectureTests {

	private static final JavaClasses CLASSES = new ClassFileImporter()
		.withImportOption(new ImportOption.DoNotIncludeTests())
		.importPackages("io.github.bootmesh");

	@Test
	void packagesCallInOneDirectionOnly() {
		Architectures.layeredArchitecture()
			.consideringOnlyDependenciesInLayers()
			.layer("words")
			.definedBy("io.github.bootmesh")
			.layer("consul")
			.definedBy("io.github.bootmesh.consul..")
			.layer("identity")
			.definedBy("io.github.bootmesh.identity..")
			.layer("discovery")
			.definedBy("io.github.bootmesh.discovery..")
			.layer("intention")
			.definedBy("io.github.bootmesh.intention..")
			.layer("registration")
			.definedBy("io.github.bootmesh.registration..")
			.layer("tls")
			.definedBy("io.github.bootmesh.tls..")
			.layer("relay")
			.definedBy("io.github.bootmesh.relay..")
			.whereLayer("words")
			.mayNotAccessAnyLayer()
			.whereLayer("consul")
			.mayOnlyAccessLayers("words")
			.whereLayer("identity")
			.mayOnlyAccessLayers("words", "consul")
			.whereLayer("discovery")
			.mayOnlyAccessLayers("words", "consul")
			.whereLayer("intention")
			.mayOnlyAccessLayers("words", "consul")
			.whereLayer("registration")
			.mayOnlyAccessLayers("words", "consul")
			.whereLayer("tls")
			.mayOnlyAccessLayers("words", "identity", "intention")
			.whereLayer("relay")
			.mayOnlyAccessLayers("words", "tls", "discovery")
			.check(CLASSES);
	}

	@Test
	void packagesHaveNoCycles() {
		SlicesRuleDefinition.slices().matching("io.github.bootmesh.(*)..").should().beFreeOfCycles().check(CLASSES);
	}

	@Test
	void theCoreKnowsNoSpring() {
		ArchRuleDefinition.noClasses()
			.should()
			.dependOnClassesThat()
			.resideInAPackage("org.springframework..")
			.check(CLASSES);
	}

	@Test
	void classesAreFinalUnlessMadeToBeExtended() {
		ArchRuleDefinition.classes()
			.that()
			.areNotInterfaces()
			.and()
			.areNotEnums()
			.and()
			.areNotAnnotations()
			.and()
			.areNotAnonymousClasses()
			.and()
			.haveSimpleNameNotEndingWith("package-info")
			.and()
			.doNotHaveModifier(JavaModifier.ABSTRACT)
			.should()
			.haveModifier(JavaModifier.FINAL)
			.check(CLASSES);
	}

}
