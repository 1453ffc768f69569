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

import java.net.URL;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.context.annotation.Bean;

import io.github.bootmesh.MeshException;

import static org.assertj.core.api.Assertions.assertThat;

class ArchitectureTests {

	private static final JavaClasses CLASSES = new ClassFileImporter()
		.withImportOption(new ImportOption.DoNotIncludeTests())
		.importPackages("io.github.bootmesh.autoconfigure");

	@Test
	void autoConfigurationsAreFinal() {
		ArchRuleDefinition.classes()
			.that()
			.areAnnotatedWith(AutoConfiguration.class)
			.should()
			.bePublic()
			.andShould()
			.haveModifier(JavaModifier.FINAL)
			.andShould()
			.haveSimpleNameEndingWith("AutoConfiguration")
			.check(CLASSES);
	}

	@Test
	void beanMethodsArePackagePrivate() {
		ArchRuleDefinition.methods().that().areAnnotatedWith(Bean.class).should().bePackagePrivate().check(CLASSES);
	}

	@Test
	void everyAutoConfigurationIsListedAndNoOther() {
		Set<String> listed = ImportCandidates.load(AutoConfiguration.class, null)
			.getCandidates()
			.stream()
			.filter((name) -> name.startsWith("io.github.bootmesh.autoconfigure."))
			.collect(Collectors.toCollection(TreeSet::new));
		assertThat(listed).isEqualTo(CLASSES.stream()
			.filter((type) -> type.isAnnotatedWith(AutoConfiguration.class))
			.map(JavaClass::getName)
			.collect(Collectors.toCollection(TreeSet::new)));
	}

	@Test
	void packagesHaveNoCycles() {
		SlicesRuleDefinition.slices()
			.matching("io.github.bootmesh.autoconfigure.(*)..")
			.should()
			.beFreeOfCycles()
			.check(CLASSES);
		ArchRuleDefinition.noClasses()
			.that()
			.resideInAPackage("io.github.bootmesh.autoconfigure")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("io.github.bootmesh.autoconfigure.*..")
			.check(CLASSES);
	}

	@Test
	void noPackageIsInTwoJars() throws Exception {
		URL core = MeshException.class.getProtectionDomain().getCodeSource().getLocation();
		Set<String> shared = packages(List.of(core));
		shared.retainAll(packages(List.of(MeshProperties.class.getProtectionDomain().getCodeSource().getLocation())));
		assertThat(shared).isEmpty();
	}

	private static Set<String> packages(List<URL> locations) {
		return new ClassFileImporter().importUrls(locations)
			.stream()
			.map(JavaClass::getPackageName)
			.collect(Collectors.toCollection(TreeSet::new));
	}

	@Test
	void classesAreFinalUnlessMadeToBeExtended() {
		assertThat(Collections.unmodifiableCollection(CLASSES)).isNotEmpty();
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
			.areTopLevelClasses()
			.and()
			.haveSimpleNameNotEndingWith("package-info")
			.and()
			.doNotHaveModifier(JavaModifier.ABSTRACT)
			.should()
			.haveModifier(JavaModifier.FINAL)
			.check(CLASSES);
	}

}
