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

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * The condition of {@link ConditionalOnEnabled}. A value that is no boolean stops the
 * start.
 */
final class OnEnabledCondition extends SpringBootCondition {

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition(ConditionalOnEnabled.class);
		Binder binder = Binder.get(context.getEnvironment());
		List<String> disabled = metadata.getAnnotations()
			.stream(ConditionalOnEnabled.class)
			.map((annotation) -> annotation.getString("value"))
			.filter((property) -> !binder.bind(property, Boolean.class).orElse(true))
			.toList();
		return disabled.isEmpty() ? ConditionOutcome.match(message.because("nothing is switched off"))
				: ConditionOutcome.noMatch(message.because(String.join(" and ", disabled) + " is false"));
	}

}
